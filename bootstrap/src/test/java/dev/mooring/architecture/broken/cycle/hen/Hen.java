package dev.mooring.architecture.broken.cycle.hen;

import dev.mooring.architecture.broken.cycle.egg.Egg;

public record Hen(Egg hatchedFrom) {}
