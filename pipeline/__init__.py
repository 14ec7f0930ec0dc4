"""Inspection reports -> paragraphs -> themes -> a cross-authority matrix with its evidence.

    import pipeline
    run = pipeline.open_run("outputs")
    run.matrix(by="share")
    run.evidence(theme="camhs", authority="Marlowshire")

`api` says what there is. Nothing is loaded before it is used, so that the import costs nothing.
"""

__all__ = ["Evidence", "Run", "make_run", "open_run"]


def __getattr__(name: str):
    if name in __all__:
        from pipeline import api

        return getattr(api, name)
    raise AttributeError(f"module 'pipeline' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
