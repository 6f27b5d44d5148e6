package dev.mooring.architecture.broken.inverted.domain.client;

public record SomeSettings() {}
