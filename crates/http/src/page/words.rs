//! The first page's texts.

use skein_kernel::language::Language;

/// `{where}` stands for the domain.
pub(super) struct Words {
    pub(super) what: &'static str,
    pub(super) account: &'static str,
    pub(super) account_open: &'static str,
    pub(super) account_invite: &'static str,
    pub(super) account_approval: &'static str,
    pub(super) account_closed: &'static str,
    pub(super) app: &'static str,
    pub(super) app_how: &'static str,
    pub(super) apps: &'static str,
    pub(super) login: &'static str,
    pub(super) login_how: &'static str,
    pub(super) by_hand: &'static str,
    pub(super) domain: &'static str,
    pub(super) starttls: &'static str,
    pub(super) direct_tls: &'static str,
}

pub(super) const fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &EN,
        Language::ZhCn => &ZH_CN,
        Language::ZhTw => &ZH_TW,
    }
}

const EN: Words = Words {
    what: "This is a chat server. It speaks XMPP, an open standard: you choose the app, on every device.",
    account: "Get an account",
    account_open: "Anyone may have one. Choose “Register” or “New account” in the app and enter this server's name.",
    account_invite: "You need an invitation: a link from somebody who is here already, or from the people who run this server. Open it on the device with the app.",
    account_approval: "Choose “Register” or “New account” in the app and enter this server's name. An administrator then lets you in.",
    account_closed: "The people who run this server make the accounts. Ask them.",
    app: "Get an app",
    app_how: "Any app for XMPP (also called Jabber) works.",
    apps: "Apps for your system",
    login: "Log in",
    login_how: "Your address looks like an e-mail address: name@{where}. The app finds the rest by itself.",
    by_hand: "If the app asks for more",
    domain: "Server",
    starttls: "Port, STARTTLS",
    direct_tls: "Port, TLS",
};

const ZH_CN: Words = Words {
    what: "这是一台聊天服务器，使用开放标准 XMPP：在每台设备上，应用都由你选择。",
    account: "取得账号",
    account_open: "任何人都可以注册。在应用中选择“注册”或“新建账号”，填入本服务器的名称即可。",
    account_invite: "需要邀请：向已在这里的人或本服务器的管理者索取一个链接，然后在装有应用的设备上打开。",
    account_approval: "在应用中选择“注册”或“新建账号”，填入本服务器的名称，等待管理员批准。",
    account_closed: "账号由本服务器的管理者创建，请与他们联系。",
    app: "安装应用",
    app_how: "任何支持 XMPP（又称 Jabber）的应用都可以。",
    apps: "适合你系统的应用",
    login: "登录",
    login_how: "你的地址形似电子邮箱：name@{where}。其余由应用自行查找。",
    by_hand: "如果应用还需要更多信息",
    domain: "服务器",
    starttls: "端口（STARTTLS）",
    direct_tls: "端口（TLS）",
};

const ZH_TW: Words = Words {
    what: "這是一台聊天伺服器，採用開放標準 XMPP：在每台裝置上，應用程式都由你選擇。",
    account: "取得帳號",
    account_open: "任何人都可以註冊。在應用程式中選擇「註冊」或「新增帳號」，填入本伺服器的名稱即可。",
    account_invite: "需要邀請：向已在這裡的人或本伺服器的管理者索取連結，然後在裝有應用程式的裝置上開啟。",
    account_approval: "在應用程式中選擇「註冊」或「新增帳號」，填入本伺服器的名稱，等候管理員核准。",
    account_closed: "帳號由本伺服器的管理者建立，請與他們聯絡。",
    app: "安裝應用程式",
    app_how: "任何支援 XMPP（又稱 Jabber）的應用程式都可以。",
    apps: "適合你系統的應用程式",
    login: "登入",
    login_how: "你的位址形似電子郵件位址：name@{where}。其餘由應用程式自行尋找。",
    by_hand: "如果應用程式還需要更多資訊",
    domain: "伺服器",
    starttls: "連接埠（STARTTLS）",
    direct_tls: "連接埠（TLS）",
};
