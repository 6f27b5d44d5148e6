package dev.mooring.architecture.broken.events.domain;

public interface Secret {}
