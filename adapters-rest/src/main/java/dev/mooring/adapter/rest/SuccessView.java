package dev.mooring.adapter.rest;

/** The plain success of the contract. */
record SuccessView(String status, String message) {
    static SuccessView of(String message) {
        return new SuccessView("success", message);
    }
}
