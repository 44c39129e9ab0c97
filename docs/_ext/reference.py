"""Write the pages of the API reference from what each package lists in `__all__`."""

import importlib
import inspect
import pkgutil
from pathlib import Path
from types import FunctionType

PACKAGES = ("causalrep", "discovery", "identifiability", "simulators")
PARTS_OF_THE_COMMAND = ("causalrep.cli.", "causalrep.report.")
PUBLIC_MODULES = ("causalrep.cover_conditions", "causalrep.equivalence", "causalrep.latent_covers")
METHOD_TYPES = FunctionType | classmethod | staticmethod | property


def setup(app):
    """Generate the pages before Sphinx looks for its sources."""
    app.connect("config-inited", lambda app, config: write_reference(Path(app.srcdir)))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_reference(source):
    """Write one folder a package, one page a class or function."""
    folder = source / "reference"
    pages, listed = {}, things_by_package()
    pages[folder / "index.rst"] = index_page([package.__name__ for package in listed])
    for package, things in listed.items():
        pages[folder / package.__name__ / "index.rst"] = package_page(package, things)
        for name, thing in things.items():
            page = thing_page(package, name, thing)
            pages[folder / package.__name__ / f"{name}.rst"] = page
    for stale in set(folder.rglob("*.rst")) - pages.keys():
        stale.unlink()
    for path, text in pages.items():
        write(path, text)


def all_packages():
    """Return the four packages, their public sub-packages, and the modules used by full name."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            is_hidden = f"{found.name}.".startswith(PARTS_OF_THE_COMMAND)
            if found.ispkg and "._" not in found.name and not is_hidden:
                yield importlib.import_module(found.name)
    yield from map(importlib.import_module, PUBLIC_MODULES)


def things_by_package():
    """Return the classes and functions that each package lists, each at its outermost place."""
    seen, listed = set(), {}
    for package in all_packages():
        named = {name: getattr(package, name) for name in getattr(package, "__all__", ())}
        things = {
            name: thing
            for name, thing in named.items()
            if (inspect.isclass(thing) or inspect.isfunction(thing)) and thing not in seen
        }
        seen |= set(things.values())
        if things:
            listed[package] = things
    return dict(sorted(listed.items(), key=lambda item: item[0].__name__))


def index_page(packages):
    """Return the page that names the packages."""
    title = "API reference"
    entries = "\n".join(f"   {package}/index" for package in packages)
    intro = (
        "Everything public, by package and by the module it lives in. Arrays are row = cause,\n"
        "column = effect; randomness is the argument ``random_state``; fitted attributes end in\n"
        "an underscore."
    )
    return f"{heading(title, '=')}\n{intro}\n\n.. toctree::\n   :maxdepth: 2\n\n{entries}\n"


def package_page(package, things):
    """Return the page of a package: a table for each module, and the pages behind it."""
    modules = {}
    for name, thing in things.items():
        modules.setdefault(place_in(package, thing), []).append(name)
    sections = "\n".join(
        module_section(module, names, things) for module, names in sorted(modules.items())
    )
    toctree = "\n".join(f"   {name} <{name}>" for name in things)
    summary = first_paragraph(inspect.getdoc(package))
    return (
        f"{heading(package.__name__, '=')}\n{summary}\n\n"
        f".. py:module:: {package.__name__}\n\n"
        f".. toctree::\n   :hidden:\n\n{toctree}\n\n{sections}"
    )


def place_in(package, thing):
    """Return the module right below a package that holds a thing, or the module that is given."""
    below = thing.__module__.removeprefix(package.__name__).split(".")[1:2]
    return ".".join([package.__name__, *below])


def module_section(module, names, things):
    """Return a table of what one module defines."""
    title = module_title(module, names)
    summary = inspect.getdoc(importlib.import_module(module)) or ""
    rows = "".join(table_row(name, things[name]) for name in names)
    return (
        f"{heading(title, '-')}\n{first_paragraph(summary)}\n\n"
        f".. list-table::\n   :class: reference\n   :widths: 3 7\n\n{rows}\n"
    )


def module_title(module, names):
    """Return the name of a module in words, or that of the class that it is called after."""
    part = module.rpartition(".")[2]
    namesake = [name for name in names if name.isupper() and name.lower() == part]
    return namesake[0] if namesake else part.replace("_", " ").capitalize()


def table_row(name, thing):
    """Return one row: a link to the page, and the summary of the docstring."""
    summary = first_paragraph(inspect.getdoc(thing) or "").replace("\n", " ")
    return f"   * - :py:obj:`{name}`\n     - {summary}\n"


def first_paragraph(text):
    """Return what stands before the first empty line."""
    return text.partition("\n\n")[0]


def thing_page(package, name, thing):
    """Return the page of one class or function."""
    members = ", ".join(public_members(thing))
    options = f"   :members: {members}\n   :member-order: bysource\n" if members else ""
    kind = "autoclass" if inspect.isclass(thing) else "autofunction"
    path = f"{package.__name__}.{name}"
    return (
        f"{heading(name, '=')}\n"
        f".. currentmodule:: {package.__name__}\n\n"
        f".. {kind}:: {name}\n{options}\n"
        f".. minigallery:: {path}\n   :add-heading: Examples that use {name}\n"
    )


def public_members(thing):
    """Return the methods and properties that a class has from us, mixins included."""
    owners = [
        owner
        for owner in reversed(getattr(thing, "__mro__", ()))
        if owner.__module__.partition(".")[0] in PACKAGES
    ]
    members = {name: member for owner in owners for name, member in vars(owner).items()}
    return [
        name
        for name, member in members.items()
        if isinstance(member, METHOD_TYPES) and not name.startswith("_")
    ]


def heading(title, mark):
    """Return an underlined title."""
    return f"{title}\n{mark * len(title)}\n"


def write(path, text):
    """Write a page, unless it stands already: Sphinx reads again what has changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
