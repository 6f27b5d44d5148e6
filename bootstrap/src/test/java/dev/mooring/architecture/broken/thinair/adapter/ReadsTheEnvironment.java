package dev.mooring.architecture.broken.thinair.adapter;

record ReadsTheEnvironment(String home) {
    ReadsTheEnvironment() {
        this(System.getenv("HOME"));
    }
}
