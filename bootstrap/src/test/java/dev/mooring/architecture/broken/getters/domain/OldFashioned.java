package dev.mooring.architecture.broken.getters.domain;

record OldFashioned(String name) {
    String getName() {
        return name;
    }
}
