package dev.mooring.architecture.broken.arrows.adapter.mcp;

import dev.mooring.architecture.broken.arrows.adapter.oauth.SomeWire;

record KnowsItsNeighbour(SomeWire wire) {}
