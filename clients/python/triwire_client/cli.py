"""Entry point of the `triwire` command. Without the extra `cli` it works far enough to say that it is missing."""

import os
import sys


def main() -> None:
    """Run the command and end the process with its exit code (docs/cli.md has the table)."""
    # A failure is one line; what gRPC logs beside it explains nothing to a caller. GRPC_VERBOSITY=debug brings it back.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        from triwire_client.commands import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("typer", "rich"):
            raise
        sys.stderr.write(f"triwire: the command needs {error.name}: pip install 'triwire[cli]'\n")
        sys.exit(2)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
