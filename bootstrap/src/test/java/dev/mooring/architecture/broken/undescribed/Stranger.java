package dev.mooring.architecture.broken.undescribed;

record Stranger() {}
