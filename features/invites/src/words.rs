//! The landing page's texts.

/// A language that the page speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    En,
    ZhCn,
    ZhTw,
}

impl Language {
    /// The one that the browser's user likes best (RFC 9110 section 12.5.4); English if
    /// none is among them.
    pub(crate) fn accepted(accept_language: &str) -> Self {
        let mut best = (Self::En, 0.0);
        for range in accept_language.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let Some(language) = parts.next().and_then(Self::of) else { continue };
            let quality = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(Some(1.0), |q| q.parse::<f32>().ok());
            if let Some(quality) = quality
                && quality > best.1
            {
                best = (language, quality);
            }
        }
        best.0
    }

    fn of(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        let mut subtags = tag.split('-');
        match subtags.next()? {
            "zh" if subtags.any(|part| ["hant", "tw", "hk", "mo"].contains(&part)) => {
                Some(Self::ZhTw)
            }
            "zh" => Some(Self::ZhCn),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// As in `lang`.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
            Self::ZhTw => "zh-TW",
        }
    }

    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
            Self::ZhTw => &ZH_TW,
        }
    }
}

/// `{who}` and `{where}` stand for the inviter and the domain.
pub(crate) struct Words {
    pub(crate) title: &'static str,
    pub(crate) contact: &'static str,
    pub(crate) account: &'static str,
    pub(crate) explained: &'static str,
    pub(crate) install: &'static str,
    pub(crate) install_how: &'static str,
    pub(crate) come_back: &'static str,
    pub(crate) come_back_how: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) expires: &'static str,
    pub(crate) gone: &'static str,
    pub(crate) gone_how: &'static str,
}

const EN: Words = Words {
    title: "Invitation to {where}",
    contact: "{who} invites you to chat",
    account: "You are invited to {where}",
    explained: "{where} speaks XMPP, an open standard for messages and calls. You choose the app, and you can talk to people on other servers.",
    install: "Get an app",
    install_how: "Any of these works. If you have one already, skip this step.",
    come_back: "Accept the invitation",
    come_back_how: "Come back to this page on the device with the app and press the button. The app asks for a name and a password; then you are in.",
    accept: "Accept the invitation",
    expires: "Good until",
    gone: "This invitation cannot be used",
    gone_how: "It was used already, has expired, or was taken back. Ask for a new one.",
};

const ZH_CN: Words = Words {
    title: "{where} 邀请函",
    contact: "{who} 邀请你聊天",
    account: "邀请你加入 {where}",
    explained: "{where} 使用开放的即时通讯标准 XMPP。应用由你选择，也可以和其他服务器上的人交谈。",
    install: "安装应用",
    install_how: "以下任选其一。如果已经安装，可跳过这一步。",
    come_back: "接受邀请",
    come_back_how: "在装有应用的设备上回到本页，点击按钮。应用会请你设置用户名和密码，完成后即可使用。",
    accept: "接受邀请",
    expires: "有效期至",
    gone: "此邀请无法使用",
    gone_how: "它已被使用、已过期或已被收回。请对方重新发送一个。",
};

const ZH_TW: Words = Words {
    title: "{where} 邀請函",
    contact: "{who} 邀請你聊天",
    account: "邀請你加入 {where}",
    explained: "{where} 採用開放的即時通訊標準 XMPP。應用程式由你選擇，也可以和其他伺服器上的人交談。",
    install: "安裝應用程式",
    install_how: "以下任選其一。若已安裝，可略過這一步。",
    come_back: "接受邀請",
    come_back_how: "在裝有應用程式的裝置上回到本頁，按下按鈕。應用程式會請你設定使用者名稱和密碼，完成後即可使用。",
    accept: "接受邀請",
    expires: "有效期限至",
    gone: "此邀請無法使用",
    gone_how: "它已被使用、已過期或已被收回。請對方重新傳送一個。",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_best_is_spoken() {
        for (header, expected) in [
            ("", Language::En),
            ("de, fr;q=0.9", Language::En),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::ZhCn),
            ("zh-TW,zh;q=0.9,en;q=0.8", Language::ZhTw),
            ("zh-Hant-HK", Language::ZhTw),
            ("en;q=0.5, zh;q=0.7", Language::ZhCn),
            ("de, en;q=0.8, zh;q=0.3", Language::En),
            ("zh;q=x", Language::En),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }
}
