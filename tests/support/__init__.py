"""Models, projects, servers and exports that several tests share."""
