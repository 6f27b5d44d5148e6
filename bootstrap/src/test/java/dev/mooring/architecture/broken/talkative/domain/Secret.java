package dev.mooring.architecture.broken.talkative.domain;

public interface Secret {}
