package dev.mooring.architecture.broken.names;

record ClientManager() {}
