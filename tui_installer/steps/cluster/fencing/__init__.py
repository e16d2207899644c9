"""How this host is to be fenced, whichever stack it joins: see `scheme`."""

from tui_installer.steps.cluster.fencing.lacks import Lack, lacking
from tui_installer.steps.cluster.fencing.scheme import Fenced, FenceQuery, derived, suggested
from tui_installer.steps.cluster.fencing.wanted import Wanted, wanted

__all__ = ["FenceQuery", "Fenced", "Lack", "Wanted", "derived", "lacking", "suggested", "wanted"]
