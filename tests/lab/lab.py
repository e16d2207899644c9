"""A laboratory as a whole: started from golden clones, used, taken down."""

from types import TracebackType

from tests.lab.golden import golden_clones
from tests.lab.host import Host
from tests.lab.provision import every
from tests.lab.ready import wait_member, wait_san
from tests.lab.rig import Rig


class Lab(Rig):
    """A laboratory; as a context manager it is up inside the block and gone after it.

        with Lab("vlan-trixie") as lab:
            lab["fresh"].console.login()
            code, out = lab["peer"].sh("lvs")

    A block that ends with an exception leaves consoles, screens and journals in a folder below `failures`; the
    exception names it.
    """

    def __enter__(self) -> "Lab":
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is not None:
                error.add_note(f"what the hosts showed: {self.collect()}")
        finally:
            self.stop()

    def up(self) -> None:
        """Boot from golden clones (made now if there are none) until the cluster runs and fresh asks for a login."""
        self.start(golden_clones(self.scenario))
        try:
            self._boot()
        except BaseException as error:
            error.add_note(f"what the hosts showed: {self.collect()}")
            self.stop()
            raise

    def _boot(self) -> None:
        """The array first, because a member without it would wait; then all others at once."""
        san = self.hosts[self.scenario.san.name]
        san.on()
        wait_san(san)
        others = [host for host in self.hosts.values() if host is not san]
        for host in others:
            _ = host.console  # connected before power-on: it answers the questions that a getty asks a terminal
            host.on()
        every(others, self._wait_ready)

    def _wait_ready(self, host: Host) -> None:
        if host.plan.role == "member":
            wait_member(host, self.scenario)
        else:
            host.console.expect("login:", 180)
