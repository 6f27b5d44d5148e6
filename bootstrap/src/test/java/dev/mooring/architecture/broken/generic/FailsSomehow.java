package dev.mooring.architecture.broken.generic;

final class FailsSomehow {
    RuntimeException failure() {
        return new RuntimeException("somehow");
    }
}
