"""The simulated commands, one family a module: `tool(world, host, argv, stdin, say) -> (code, out, err)`."""
