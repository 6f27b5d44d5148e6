package dev.mooring.architecture.broken.prints.adapter;

final class ShoutsOut {
    void shout() {
        System.out.println("here I am");
    }
}
