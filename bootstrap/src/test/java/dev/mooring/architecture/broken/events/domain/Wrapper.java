package dev.mooring.architecture.broken.events.domain;

public record Wrapper(Tokens tokens) {}
