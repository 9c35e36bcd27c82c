"""What can be wrong with what models are trained from, one class per thing that somebody has to change.

TrainingError            shown as one clear message
├── DatasetError         history, labels or settings give no data set; or one was asked for what it lacks
├── DatasetDamaged       a data set's files are not what its manifest says
├── NotTrainable         there is a data set, but no model can be learned from it
├── ChampionUnusable     what is live cannot be loaded, so nothing can be compared with it
├── RegistryError        there is no such version, or what is stored is not what was registered
├── RegistryUnreachable  MLflow does not answer; trying again later may help
└── ClusterUnreachable   no Dask scheduler at the address that was given
"""


class TrainingError(Exception):
    """Base of all: says what was wrong, where, and what to do next."""


class DatasetError(TrainingError):
    """No data set can be made, or one lacks what was asked for."""


class DatasetDamaged(TrainingError):  # noqa: N818 - reads as what happened
    """A file of a data set was changed, cut short or lost after it was made."""


class NotTrainable(TrainingError):  # noqa: N818
    """Too few frauds, one class only, or too short a time."""


class ChampionUnusable(TrainingError):  # noqa: N818
    """The champion's artefact cannot be loaded."""


class RegistryError(TrainingError):
    """The registry has no such version, or another content than was registered."""


class RegistryUnreachable(TrainingError):  # noqa: N818
    """The registry's database or server does not answer."""


class ClusterUnreachable(TrainingError):  # noqa: N818
    """No Dask scheduler answers where one should be."""
