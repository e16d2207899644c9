"""SIGKILL at every record of the journal and around every act."""
