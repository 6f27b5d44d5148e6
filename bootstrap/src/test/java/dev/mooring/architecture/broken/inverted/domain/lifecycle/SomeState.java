package dev.mooring.architecture.broken.inverted.domain.lifecycle;

public record SomeState() {}
