"""Why a model cannot be used as its profile says. Told to the operator, never to a caller.

  ModelUnusable
  ├── ModelMissing        its weights, or the server that runs it, are not there
  │   └── PullFailed      they could not be fetched or converted
  └── CheckpointError     they are there, and do not fit the profile

Messages name the model, what is wrong and the remedy; the commands print them as they are and end with exit code 2.
"""


def first_line(error: Exception) -> str:
    """What a library says of a failure, as the end of a message of one line."""
    return next(iter(str(error).splitlines()), type(error).__name__)


class ModelUnusable(Exception):
    """Base of every reason why a model of a profile cannot be used."""


class ModelMissing(ModelUnusable):
    """The weights of a model are not on this machine, or the server that runs it cannot be used."""


class PullFailed(ModelMissing):
    """A model could not be fetched or converted, or is not what its profile promises."""


class CheckpointError(ModelUnusable):
    """A checkpoint does not fit its profile."""
