"""The battery of bad inputs: what is called, what is fed to it, and how its answer is judged."""
