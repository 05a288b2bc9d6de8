"""The error of a command that was not understood."""


class UsageError(Exception):
    """A command line that cannot be carried out.

    Parameters
    ----------
    problem : str
        What is wrong, with what was given.
    remedy : str
        What to type instead.
    """

    def __init__(self, problem: str, remedy: str):
        super().__init__(f"{problem}\n  {remedy}")
