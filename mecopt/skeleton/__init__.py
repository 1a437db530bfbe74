"""A skeleton of a paper: a small true example to start from. See `mecopt new`."""

from pathlib import Path

from mecopt.errors import DataError

TEMPLATES = Path(__file__).parent / "paper"
SUFFIX = ".template"


def write(name: str, where: Path) -> list[Path]:
    """Write the folder `where/name`; returns its files. Raises `DataError`, and then writes nothing."""
    import keyword
    from importlib import import_module

    if not name.isidentifier() or keyword.iskeyword(name) or not name.islower():
        raise DataError(
            "name", f"got {name!r}", "give a lower-case name such as my_paper: letters, digits and _"
        )
    if name in import_module("mecopt.problems").known():
        raise DataError("name", f"{name!r} is a paper already", "choose another name")
    folder = where / name
    if folder.exists():
        raise DataError(str(folder), "exists", "choose another name or another place")
    texts = {
        folder / file.relative_to(TEMPLATES).with_suffix(""): file.read_text(encoding="utf-8")
        for file in sorted(TEMPLATES.rglob(f"*{SUFFIX}"))
    }
    try:
        for path, text in texts.items():
            path = path.with_name(path.name.replace("NAME", name))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("@NAME@", name).replace("@ID@", name.upper()), encoding="utf-8")
    except OSError as error:
        raise DataError(
            str(folder), f"cannot be written ({error.strerror})", "choose another place"
        ) from None
    return sorted(path for path in folder.rglob("*") if path.is_file())
