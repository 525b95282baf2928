//! The plan's card in the colours of the page, as a drawing and as points.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement};

use crate::api::{self, CardColours, Carried};
use crate::ui::address::{folder, is_file};
use crate::ui::answer::of_part;

/// Points of a side of the card, twice its size for sharp screens.
const WIDTH: u32 = 2400;
const HEIGHT: u32 = 1260;

/// The card as SVG.
pub fn drawing(plan: &Carried<'_>) -> String {
    let parts = plan.memory.children.iter().zip(0u32..);
    let parts: Vec<(u8, bool)> = parts.map(|(part, place)| of_part(&part.id, place)).collect();
    let named = ["ink-surface", "ink-grid", "ink-text", "ink-muted"].map(str::to_owned);
    let classes: Vec<String> = named
        .into_iter()
        .chain(parts.iter().map(|(series, _)| format!("series-{series}")))
        .collect();
    let mut colours = computed(&classes).into_iter();
    let mut next = || colours.next().unwrap_or_default();
    let (surface, wash, text, muted) = (next(), next(), next(), next());
    api::card(
        plan,
        &CardColours {
            surface,
            wash,
            text,
            muted,
            parts: colours.zip(parts.iter().map(|own| own.1)).collect(),
        },
        &if is_file() { String::new() } else { folder() },
    )
}

/// The colours of the style sheet under those names, as an element's background has them.
fn computed(classes: &[String]) -> Vec<String> {
    let Ok(probe) = document().create_element("i") else { return Vec::new() };
    drop(document().body().map(|body| body.append_child(&probe)));
    let Ok(Some(style)) = window().get_computed_style(&probe) else { return Vec::new() };
    let colour = |class: &String| {
        probe.set_class_name(class);
        style.get_property_value("background-color").unwrap_or_default()
    };
    let all = classes.iter().map(colour).collect();
    probe.remove();
    all
}

/// The card as PNG, with the plan in it.
pub async fn points(plan: &Carried<'_>) -> Option<Vec<u8>> {
    let image = HtmlImageElement::new().ok()?;
    let drawing = js_sys::encode_uri_component(&drawing(plan));
    image.set_src(&format!("data:image/svg+xml,{drawing}"));
    JsFuture::from(image.decode()).await.ok()?;
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(WIDTH);
    canvas.set_height(HEIGHT);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let (width, height) = (f64::from(WIDTH), f64::from(HEIGHT));
    context
        .draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)
        .ok()?;
    let url = canvas.to_data_url_with_type("image/png").ok()?;
    let binary = window().atob(url.split_once(',')?.1).ok()?;
    let bytes: Vec<u8> = binary.chars().map(|c| c as u8).collect();
    Some(api::png_with(&bytes, plan.link))
}
