package dev.mooring.architecture.broken.lookaround.adapter;

record ReadsTheEnvironment(String home) {
    ReadsTheEnvironment() {
        this(System.getenv("HOME"));
    }
}
