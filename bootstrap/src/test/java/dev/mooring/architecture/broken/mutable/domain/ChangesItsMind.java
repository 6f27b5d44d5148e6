package dev.mooring.architecture.broken.mutable.domain;

final class ChangesItsMind {
    private int mind;

    int changed() {
        return ++mind;
    }
}
