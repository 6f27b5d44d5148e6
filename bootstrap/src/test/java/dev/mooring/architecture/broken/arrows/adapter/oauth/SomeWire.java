package dev.mooring.architecture.broken.arrows.adapter.oauth;

public record SomeWire() {}
