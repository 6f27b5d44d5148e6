package dev.mooring.architecture.broken.shown.domain;

public interface Secret {}
