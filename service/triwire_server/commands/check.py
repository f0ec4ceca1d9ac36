"""`triwire-server check`: says what is doubtful in a translation."""

from typing import Annotated

import typer

from triwire_server.commands.refusals import refuse


def check(
    source: Annotated[str, typer.Argument(help='UTF-8 file, a passage a line; "-" is standard input.')],
    target: Annotated[str, typer.Argument(help="Its translation, line by line.")],
    source_language: Annotated[str, typer.Option(help="en, ko or ja.")],
    target_language: Annotated[str, typer.Option(help="en, ko or ja.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each line with findings.")] = False,
) -> None:
    """Say what is doubtful in a translation; exit code 1 if somebody has to look before it is published."""
    from triwire_server import check_files

    findings = []
    num_lines = 0
    try:
        for line in check_files.check_files(source, target, source_language, target_language):
            num_lines += 1
            findings += line.findings
            if line.findings:
                for shown in [check_files.to_json(line)] if as_json else check_files.describe(line):
                    typer.echo(shown)
    except check_files.CheckError as error:
        raise refuse(error) from None
    if not as_json:
        typer.echo(check_files.count(findings, num_lines))
    raise typer.Exit(1 if check_files.has_critical(findings) else 0)
