package dev.mooring.architecture.broken.arrows.application;

public final class SomeUseCase {}
