"""Reports of a verification run: the terminal, and a folder with a page, JSON and counterexamples."""

from mecopt.report.folder import check_folder, write

__all__ = ["check_folder", "write"]
