//! The landing page's texts.

use skein_kernel::language::Language;

/// `{who}` and `{where}` stand for the inviter and the domain.
pub(crate) struct Words {
    pub(crate) title: &'static str,
    pub(crate) contact: &'static str,
    pub(crate) account: &'static str,
    pub(crate) explained: &'static str,
    pub(crate) here: &'static str,
    pub(crate) or_app: &'static str,
    pub(crate) install: &'static str,
    pub(crate) install_how: &'static str,
    pub(crate) come_back: &'static str,
    pub(crate) come_back_how: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) expires: &'static str,
    pub(crate) gone: &'static str,
    pub(crate) gone_how: &'static str,
}

pub(crate) const fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &EN,
        Language::ZhCn => &ZH_CN,
        Language::ZhTw => &ZH_TW,
    }
}

const EN: Words = Words {
    title: "Invitation to {where}",
    contact: "{who} invites you to chat",
    account: "You are invited to {where}",
    explained: "{where} speaks XMPP, an open standard for messaging. You choose the app, on as many devices as you like.",
    here: "Continue in this browser",
    or_app: "Or use an app:",
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
    explained: "{where} 使用开放的即时通讯标准 XMPP。应用由你选择，多台设备可以同时使用。",
    here: "在此浏览器中继续",
    or_app: "或者使用应用：",
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
    explained: "{where} 採用開放的即時通訊標準 XMPP。應用程式由你選擇，多台裝置可以同時使用。",
    here: "在此瀏覽器中繼續",
    or_app: "或者使用應用程式：",
    install: "安裝應用程式",
    install_how: "以下任選其一。若已安裝，可略過這一步。",
    come_back: "接受邀請",
    come_back_how: "在裝有應用程式的裝置上回到本頁，按下按鈕。應用程式會請你設定使用者名稱和密碼，完成後即可使用。",
    accept: "接受邀請",
    expires: "有效期限至",
    gone: "此邀請無法使用",
    gone_how: "它已被使用、已過期或已被收回。請對方重新傳送一個。",
};
