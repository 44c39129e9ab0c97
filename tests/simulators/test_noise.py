import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from simulators import (
    Beta,
    Exponential,
    Gamma,
    Gaussian,
    Laplace,
    Mixture,
    SimulatorError,
    StudentT,
    ThreePoint,
    Uniform,
)

MIXTURE = {"weights": (0.2, 0.5, 0.3), "locations": (-1.0, 0.0, 2.0), "widths": (0.5, 1.0, 0.3)}


def mixture_moments():
    weights = np.array(MIXTURE["weights"])
    centred = np.array(MIXTURE["locations"]) - weights @ MIXTURE["locations"]
    deviation = np.sqrt(weights @ (centred**2 + np.array(MIXTURE["widths"]) ** 2))
    return weights, centred / deviation, np.array(MIXTURE["widths"]) / deviation


def mixture_mgf(t):
    terms = zip(*map(np.ndarray.tolist, mixture_moments()), strict=True)
    return sum(w * mp.exp(m * t + (s * t) ** 2 / 2) for w, m, s in terms)


def beta_mgf(t, a=2, b=5):
    centre, deviation = mp.mpf(a) / (a + b), mp.sqrt(mp.mpf(a * b) / (a + b + 1)) / (a + b)
    return mp.hyp1f1(a, a + b, t / deviation) * mp.exp(-centre / deviation * t)


def three_point_mgf(t, skewness=0.3):
    angle = mp.acos(mp.mpf(skewness) * mp.sqrt(2)) / 3
    points = [mp.sqrt(2) * mp.cos(angle + 2 * mp.pi * k / 3) for k in range(3)]
    return sum(mp.exp(t * point) for point in points) / 3


GENERATING_FUNCTIONS = [
    (Gaussian(), lambda t: mp.exp(t**2 / 2)),
    (Laplace(), lambda t: 1 / (1 - t**2 / 2)),
    (Uniform(), lambda t: mp.sinh(mp.sqrt(3) * t) / (mp.sqrt(3) * t)),
    (Exponential(), lambda t: mp.exp(-t) / (1 - t)),
    (
        Gamma(shape=3.5),
        lambda t: mp.exp(-mp.sqrt(3.5) * t) * (1 - t / mp.sqrt(3.5)) ** mp.mpf(-3.5),
    ),
    (Beta(a=2, b=5), beta_mgf),
    (Mixture(**MIXTURE), mixture_mgf),
    (ThreePoint(skewness=0.3), three_point_mgf),
]
SCIPY_LAWS = [
    (Gaussian(), stats.norm()),
    (Laplace(), stats.laplace(scale=np.sqrt(0.5))),
    (Uniform(), stats.uniform(-np.sqrt(3), 2 * np.sqrt(3))),
    (Exponential(), stats.expon(-1)),
    (Gamma(shape=3.5), stats.gamma(3.5, -np.sqrt(3.5), 1 / np.sqrt(3.5))),
    (Beta(a=2, b=5), stats.beta(2, 5, -np.sqrt(3.2), 7 * np.sqrt(0.8))),
    (StudentT(df=7), stats.t(7, scale=np.sqrt(5 / 7))),
]
ALL = [law for law, _ in GENERATING_FUNCTIONS] + [StudentT(df=7)]
by_name = {"ids": lambda value: type(value).__name__ if hasattr(value, "cumulant") else ""}


@pytest.mark.parametrize(("law", "mgf"), GENERATING_FUNCTIONS, **by_name)
def test_cumulants_are_the_derivatives_of_the_log_generating_function(law, mgf):
    with mp.workdps(40):
        circle = [mp.expjpi(mp.mpf(2 * k) / 32) / 4 for k in range(32)]
        values = [mp.log(mgf(t)) for t in circle]
        series = [
            mp.re(sum(v * t ** (-r) for v, t in zip(values, circle, strict=True))) / 32
            for r in range(7)
        ]
    for order in range(1, 7):
        wanted = float(series[order] * mp.factorial(order))
        assert law.cumulant(order) == pytest.approx(wanted, abs=1e-10, rel=1e-10)


def test_even_cumulants_of_t_agree_with_quadrature():
    law = StudentT(df=9)
    moments = {
        r: mp.quad(
            lambda x, r=r: 2 * x**r * mp.exp(float(law.log_density(float(x)))), [0, 2, 8, 1e3]
        )
        for r in (4, 6)
    }
    assert law.cumulant(4) == pytest.approx(float(moments[4]) - 3, rel=1e-6)
    assert law.cumulant(6) == pytest.approx(float(moments[6] - 15 * moments[4] + 30), rel=1e-3)


@pytest.mark.parametrize("law", ALL, ids=lambda law: type(law).__name__)
def test_scale_and_mean_act_on_cumulants_as_powers(law):
    moved = law.scaled(2.0).shifted(3.0)
    assert moved.variance == 4.0
    assert moved.cumulant(1) == 3.0
    assert moved.cumulant(4) == pytest.approx(16 * law.cumulant(4), rel=1e-14)


@pytest.mark.parametrize(("law", "oracle"), SCIPY_LAWS, **by_name)
def test_log_density_agrees_with_scipy(law, oracle):
    x = np.linspace(-4, 4, 101)
    inside = np.isfinite(oracle.logpdf(x))
    assert np.allclose(law.log_density(x)[inside], oracle.logpdf(x)[inside], atol=1e-12)
    assert np.isneginf(law.log_density(x)[~inside]).all()


def test_log_density_of_a_mixture_is_the_sum_of_its_components():
    x = np.linspace(-3, 3, 21)
    parts = [w * stats.norm(m, s).pdf(x) for w, m, s in zip(*mixture_moments(), strict=True)]
    assert np.allclose(Mixture(**MIXTURE).log_density(x), np.log(sum(parts)), atol=1e-12)


@pytest.mark.parametrize("law", [law for law in ALL if not isinstance(law, ThreePoint)])
def test_density_integrates_to_one_after_moving_and_stretching(law):
    moved = law.scaled(0.5).shifted(2.0)
    x = np.linspace(-40, 44, 400_001)
    assert np.trapezoid(np.exp(moved.log_density(x)), x) == pytest.approx(1.0, abs=5e-4)


@pytest.mark.parametrize(("law", "oracle"), SCIPY_LAWS, **by_name)
def test_samples_follow_the_law(law, oracle):
    assert stats.kstest(law.sample(4000, random_state=1), oracle.cdf).pvalue > 1e-3


@pytest.mark.parametrize("law", ALL, ids=lambda law: type(law).__name__)
def test_samples_have_the_mean_and_deviation_asked_for(law):
    values = law.scaled(3.0).shifted(-1.0).sample(200_000, random_state=2)
    assert values.mean() == pytest.approx(-1.0, abs=0.04)
    assert values.std() == pytest.approx(3.0, rel=0.02)


def test_the_same_seed_gives_the_same_sample_and_a_generator_moves_on():
    rng = np.random.default_rng(0)
    first = Laplace().sample(5, rng)
    assert (Laplace().sample(5, 0) == first).all()
    assert (Laplace().sample(5, rng) != first).all()


def test_three_points_have_exactly_the_skewness_asked_for():
    support = ThreePoint(2.0, mean=1.0, skewness=-0.7).support
    assert support.mean() == pytest.approx(1.0, abs=1e-15)
    assert support.var() == pytest.approx(4.0, rel=1e-14)
    assert np.mean((support - 1) ** 3) / 8 == pytest.approx(-0.7, rel=1e-12)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: Gaussian(0.0), "Gaussian.scale must be positive, but is 0.0"),
        (lambda: Laplace(-1.0), "Laplace.scale must be positive, but is -1.0"),
        (lambda: Uniform(np.nan), "Uniform.scale must be finite, but is nan"),
        (lambda: Uniform.on(1.0, 1.0), "Uniform.scale must be positive"),
        (lambda: Gaussian("wide"), "Gaussian.scale must be a number, but is 'wide'"),
        (lambda: Gaussian(mean=np.inf), "Gaussian.mean must be finite, but is inf"),
        (lambda: Gamma(shape=0), "Gamma.shape must be positive, but is 0"),
        (lambda: Beta(a=-1.0), "Beta.a must be positive, but is -1.0"),
        (lambda: StudentT(df=2.0), "which exists for df > 2 only, but df is 2.0"),
        (lambda: StudentT(df=4.0).cumulant(4), "StudentT with df=4 has no cumulant of order 4"),
        (lambda: StudentT(df=3.0).cumulant(3), "StudentT with df=3 has no cumulant of order 3"),
        (lambda: Mixture(weights=(1.0,)), r"Mixture.locations must have shape \(1\)"),
        (lambda: Mixture(widths=(0.0, 1.0)), "Mixture.widths must be positive"),
        (lambda: ThreePoint(skewness=0.8), "skewness between -sqrt"),
        (lambda: ThreePoint().log_density(0.0), "is a discrete law and has no density"),
        (lambda: Gaussian().cumulant(7), "order must be from 1 to 6, but is 7"),
        (lambda: Gaussian().cumulant(2.0), "order must be an integer, but is 2.0"),
        (lambda: Gaussian().sample(-1), "n_samples must be at least 0, but is -1"),
        (
            lambda: Gaussian().sample(1, "seed"),
            "random_state must be None, an integer from 0 on or a generator, but is 'seed'",
        ),
        (lambda: Gaussian().sample(1, -1), "random_state must be at least 0, but is -1"),
    ],
)
def test_refuses_parameters_that_define_no_law(build, sentence):
    with pytest.raises(SimulatorError, match=sentence):
        build()
