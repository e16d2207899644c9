"""Why the packages of the cluster fail to be configured, by the words of their scripts. The first cause counts: dpkg
leaves all that depend on a package that failed unconfigured too."""

from tui_installer.model.diagnosis import Cause

RHCS_CAUSES = (
    Cause(
        "packages.ccs-failed",
        r'initscript ccs, action "start" failed|error processing (?:package )?ccs\b|^ ccs$|'
        r"Unable to parse \S*cluster\.conf",
        "ccs was installed, but does not start: it needs a cluster.conf that it can read.",
        "Plan again: /etc/cluster is copied from the member, then dpkg finishes.",
    ),
    Cause(
        "packages.cman-failed",
        r"Module cman not found|unable to load cman kernel module|can't open /proc/cluster/status|"
        r"cannot connect to ccs|error processing (?:package )?cman\b|^ cman$",
        "cman was installed, but does not start: the running kernel has no modules for it, or ccs does not run.",
        "Plan again: the modules of the running kernel are installed and loaded, then dpkg finishes.",
    ),
    Cause(
        "packages.clvm-failed",
        r"clvmd could not connect to cluster manager|error processing (?:package )?clvm\b|^ clvm$",
        "clvmd was installed, but does not start: cman has not joined, or dlm is not loaded.",
        "Plan again: dlm is loaded, then dpkg finishes without starting it; its own step starts it.",
    ),
)
