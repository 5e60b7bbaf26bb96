"""What the trial stack cannot do, said in one line with the remedy."""


class StackError(Exception):
    """A part of the stack cannot start; the catcher prints the line and ends.

    Args:
        problem: What is wrong, named: the port, the program, the server.
        remedy: What the reader can do about it, as an imperative.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy
