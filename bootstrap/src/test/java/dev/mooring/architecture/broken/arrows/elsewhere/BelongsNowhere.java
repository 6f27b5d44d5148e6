package dev.mooring.architecture.broken.arrows.elsewhere;

record BelongsNowhere() {}
