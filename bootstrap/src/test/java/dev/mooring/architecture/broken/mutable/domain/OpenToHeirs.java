package dev.mooring.architecture.broken.mutable.domain;

class OpenToHeirs {}
