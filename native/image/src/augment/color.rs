//! Brightness, contrast, saturation and hue, in the arithmetic of Pillow's `ImageEnhance` and HSV conversion.

use crate::Pixels;
use crate::pixels::grey;

/// Between black (0), the image itself (1) and beyond.
pub fn brightness(pixels: &mut Pixels, factor: f64) {
    pixels.data.iter_mut().for_each(|value| *value = blend(0, *value, factor as f32));
}

/// Between the image's mean grey (0), the image itself (1) and beyond.
pub fn contrast(pixels: &mut Pixels, factor: f64) {
    let sum: u64 = match pixels.channels {
        3 => pixels.data.as_chunks().0.iter().map(|&pixel| u64::from(grey(pixel))).sum(),
        _ => pixels.data.iter().map(|&value| u64::from(value)).sum(),
    };
    let count = (pixels.width * pixels.height) as f64;
    let mean = (sum as f64 / count + 0.5) as u8;
    pixels.data.iter_mut().for_each(|value| *value = blend(mean, *value, factor as f32));
}

/// Between the grey image (0), the image itself (1) and beyond. Grey images stay as they are.
pub fn saturation(pixels: &mut Pixels, factor: f64) {
    if pixels.channels == 3 {
        for pixel in pixels.data.as_chunks_mut().0 {
            let grey = grey(*pixel);
            *pixel = pixel.map(|value| blend(grey, value, factor as f32));
        }
    }
}

/// The hue moved on by this share of the circle, -0.5 to 0.5. Grey images stay as they are.
pub fn hue(pixels: &mut Pixels, share: f64) {
    if pixels.channels == 3 {
        // Of the 256 hues, rounded towards 0; negative ones go round the circle.
        let steps = (share * 255.0) as i32 as u8;
        for pixel in pixels.data.as_chunks_mut().0 {
            let [h, s, v] = to_hsv(*pixel);
            *pixel = from_hsv([h.wrapping_add(steps), s, v]);
        }
    }
}

/// Pillow's `Image.blend` of a value.
fn blend(from: u8, to: u8, factor: f32) -> u8 {
    // The cast cuts off the fraction, and clips.
    (f32::from(from) + factor * (f32::from(to) - f32::from(from))) as u8
}

fn to_hsv([r, g, b]: [u8; 3]) -> [u8; 3] {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    if most == least {
        return [0, 0, most];
    }
    let range = f32::from(most - least);
    let share = |value: u8| f32::from(most - value) / range;
    let (rc, gc, bc) = (share(r), share(g), share(b));
    let sixths = if r == most {
        bc - gc
    } else if g == most {
        (2.0 + f64::from(rc) - f64::from(bc)) as f32
    } else {
        (4.0 + f64::from(gc) - f64::from(rc)) as f32
    };
    let hue = ((f64::from(sixths) / 6.0 + 1.0) % 1.0) as f32;
    let saturation = range / f32::from(most);
    let byte = |value: f32| (f64::from(value) * 255.0) as u8;
    [byte(hue), byte(saturation), most]
}

fn from_hsv([h, s, v]: [u8; 3]) -> [u8; 3] {
    if s == 0 {
        return [v; 3];
    }
    let sixths = f64::from(h) * 6.0 / 255.0;
    let sector = sixths.floor();
    let fraction = f64::from((sixths - sector) as f32);
    let saturation = f64::from((f64::from(s) / 255.0) as f32);
    let shade = |share: f64| (f64::from(v) * (1.0 - share)).round() as u8;
    let (p, q, t) = (shade(saturation), shade(saturation * fraction), shade(saturation * (1.0 - fraction)));
    match sector as u8 % 6 {
        0 => [v, t, p],
        1 => [q, v, p],
        2 => [p, v, t],
        3 => [p, q, v],
        4 => [t, p, v],
        _ => [v, p, q],
    }
}
