package dev.mooring.architecture.broken.shown.domain;

public record AccessToken(String value) implements Secret {}
