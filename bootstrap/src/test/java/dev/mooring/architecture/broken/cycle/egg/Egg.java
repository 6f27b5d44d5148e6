package dev.mooring.architecture.broken.cycle.egg;

import dev.mooring.architecture.broken.cycle.hen.Hen;

public record Egg(Hen laidBy) {}
