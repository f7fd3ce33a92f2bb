//! The icons, on a 16 px grid with one stroke width. They carry no meaning alone: every control with an icon has a name.

use yew::prelude::*;

/// An icon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Icon {
    Select,
    Scissors,
    Split,
    Heal,
    Chevron,
    Close,
    Plus,
    Play,
    Pause,
    Step,
    Sun,
    Moon,
    Screen,
    HalfMoon,
    Check,
}

impl Icon {
    fn strokes(self) -> &'static str {
        match self {
            Icon::Select => "M3 2.5l4.2 10.8 1.7-4.4 4.4-1.7z",
            Icon::Scissors => {
                "M5.6 5.3L13.5 11M5.6 10.7L13.5 5M4 2.3a1.9 1.9 0 100 3.8a1.9 1.9 0 100-3.8zM4 9.9a1.9 1.9 0 100 3.8a1.9 1.9 0 100-3.8z"
            }
            Icon::Split => {
                "M8 1.5v2M8 5.5v2M8 9.5v2M8 13.2v1.3M3.2 6.1a1.9 1.9 0 100 3.8a1.9 1.9 0 100-3.8zM12.8 6.1a1.9 1.9 0 100 3.8a1.9 1.9 0 100-3.8z"
            }
            Icon::Heal => {
                "M3.2 6.1a1.9 1.9 0 100 3.8a1.9 1.9 0 100-3.8zM12.8 6.1a1.9 1.9 0 100 3.8a1.9 1.9 0 100-3.8zM5.1 8h5.8M8 2v2.4M8 11.6V14"
            }
            Icon::Chevron => "M4.5 6.5L8 10l3.5-3.5",
            Icon::Close => "M4 4l8 8M12 4l-8 8",
            Icon::Plus => "M8 3v10M3 8h10",
            Icon::Play => "M4.5 2.8v10.4L13 8z",
            Icon::Pause => "M5 3v10M11 3v10",
            Icon::Step => "M3 3v10l6.5-5zM12.5 3v10",
            Icon::Sun => {
                "M8 5.2a2.8 2.8 0 100 5.6a2.8 2.8 0 100-5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1"
            }
            Icon::Moon => "M13 9.6A5.6 5.6 0 116.4 3a4.6 4.6 0 006.6 6.6z",
            Icon::Screen => "M2 2.5h12M3 2.5v7.5h10V2.5M8 10v3M5 14l3-1.8L11 14",
            Icon::HalfMoon => "M8 2.3a5.7 5.7 0 100 11.4a5.7 5.7 0 000-11.4z",
            Icon::Check => "M2.8 8.6l3.4 3.4 7-8",
        }
    }

    fn filled(self) -> &'static str {
        match self {
            Icon::HalfMoon => "M8 2.3a5.7 5.7 0 010 11.4z",
            Icon::Play => "M4.5 2.8v10.4L13 8z",
            Icon::Step => "M3 3v10l6.5-5z",
            _ => "",
        }
    }

    /// The icon as an element that screen readers pass over.
    pub(crate) fn html(self) -> Html {
        let width = if self == Icon::Pause { "2.6" } else { "1.5" };
        html! {
            <svg class="ic" viewBox="0 0 16 16" aria-hidden="true">
                if !self.filled().is_empty() {
                    <path d={self.filled()} fill="currentColor" stroke="none" />
                }
                <path d={self.strokes()} stroke-width={width} />
            </svg>
        }
    }
}

/// The product's sign: a quorum of five.
pub(crate) fn logo() -> Html {
    html! {
        <svg viewBox="0 0 24 24" aria-hidden="true">
            <circle class="on" cx="12" cy="4.4" r="3.3" />
            <circle class="on" cx="19.8" cy="10.07" r="3.3" />
            <circle class="off" cx="16.82" cy="19.23" r="2.5" />
            <circle class="off" cx="7.18" cy="19.23" r="2.5" />
            <circle class="on" cx="4.2" cy="10.07" r="3.3" />
        </svg>
    }
}
