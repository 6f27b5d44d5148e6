package dev.mooring.architecture.broken.arrows.application.port;

public interface SomeStore {}
