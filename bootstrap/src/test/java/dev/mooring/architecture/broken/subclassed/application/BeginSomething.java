package dev.mooring.architecture.broken.subclassed.application;

class BeginSomething {}
