"""PromQL of the dashboard: what its variables select, and the forms that its queries have."""

REPLICAS = 'namespace=~"$namespace", job=~"$job", instance=~"$instance"'
"""Selects what the variables at the top of the dashboard say."""

JOBS = 'namespace=~"$namespace", job=~"$job"'
"""The same for what was summed over replicas already."""


def rate(metric: str, selector: str = "") -> str:
    """Rate of a counter over the range that Grafana chooses."""
    return f"rate({metric}{{{REPLICAS}{', ' if selector else ''}{selector}}}[$__rate_interval])"


def quantile(share: float, histogram: str, by: str = "") -> str:
    """A quantile of a histogram, by a label or over everything."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) ({rate(f'{histogram}_bucket')}))"


def mean(histogram: str) -> str:
    """The mean of what a histogram observed."""
    return f"sum({rate(f'{histogram}_sum')}) / sum({rate(f'{histogram}_count')})"


def job(record: str) -> str:
    """A recorded series that was summed over replicas."""
    return f"{record}{{{JOBS}}}"


def replica(metric: str) -> str:
    """A series of each replica."""
    return f"{metric}{{{REPLICAS}}}"
