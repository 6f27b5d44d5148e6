package dev.mooring.architecture.broken.domain.domain;

import java.nio.file.Path;

record ReadsAFile(Path path) {}
