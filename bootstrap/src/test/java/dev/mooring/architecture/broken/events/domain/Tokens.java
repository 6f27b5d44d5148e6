package dev.mooring.architecture.broken.events.domain;

public record Tokens(String value) implements Secret {}
