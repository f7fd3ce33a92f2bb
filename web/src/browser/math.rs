//! The browser's own trigonometry: the page draws with it, and code of its own for that would be ten kilobytes.
//!
//! Browsers may differ in the last bit, which no picture shows; the simulation has no floating-point numbers at all. Natively,
//! where the page's own tests run, it is the standard library's.

/// Cosine and sine of an angle in radians.
pub(crate) fn cos_sin(angle: f64) -> (f64, f64) {
    #[cfg(target_arch = "wasm32")]
    return (js_sys::Math::cos(angle), js_sys::Math::sin(angle));
    #[cfg(not(target_arch = "wasm32"))]
    return (angle.cos(), angle.sin());
}

/// The angle of a direction in radians, from -π to π.
pub(crate) fn angle_of(x: f64, y: f64) -> f64 {
    #[cfg(target_arch = "wasm32")]
    return js_sys::Math::atan2(y, x);
    #[cfg(not(target_arch = "wasm32"))]
    return y.atan2(x);
}
