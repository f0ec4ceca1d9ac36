"""`triwire-server healthcheck`: asks a server whether it serves."""

from typing import Annotated, Any

import typer

from triwire_server.commands.flags import ConfigFlag
from triwire_server.commands.refusals import read_settings, refuse
from triwire_server.settings import Settings


def healthcheck(
    target: Annotated[
        str | None, typer.Option(help="Plaintext port to ask; by default the health port of the settings.")
    ] = None,
    config_file: ConfigFlag = None,
    service: Annotated[str, typer.Option(help="Service to ask for; empty: the whole server.")] = "",
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the answer.")] = 3.0,
) -> None:
    """Ask the health service; exit code 0 means SERVING, 1 anything else."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    target = target or _target(read_settings({"config_file": config_file}))
    with grpc.insecure_channel(target) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=timeout)
        except grpc.RpcError as error:
            typer.echo(f"{target}: {error.code().name}", err=True)
            raise typer.Exit(1) from None
    name = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    typer.echo(name)
    raise typer.Exit(0 if name == "SERVING" else 1)


def _target(settings: Settings) -> str:
    from triwire_server.listeners import health_target

    if settings.health_port == 0:
        raise refuse("health_port is 0, a free port that only the log names; give --target")
    return health_target(settings)
