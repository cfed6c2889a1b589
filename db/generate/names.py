"""Parts of synthetic names: surnames by frequency, characters of given names, trades and industries."""

import random

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤"
)
COMPOUND = ("欧阳", "上官", "司马", "诸葛")
MALE = (
    "伟强磊军洋勇杰涛超明刚平辉鹏飞波斌宇浩凯健俊帆帅旭峰龙林建国华志文海山成东亮民永庆新宏光天达安岩中茂"
    "进有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚"
)
FEMALE = (
    "芳娜敏静秀丽艳娟霞婷雪慧玉兰红梅琳燕倩莉萍玲颖洁云莹晶丹蓉薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭"
    "冰爽琬茗羽希宁欣飘育滢馥筠柔竹霭凝晓欢霄枫芸菲寒"
)
BRANDS = (
    "恒盛隆鑫瑞祥泰和顺达昌荣兴华源丰润宏远博信诚德嘉禾晟创联拓凯翔腾飞跃顶尖佳美优众合金辉百川海纳万通中"
    "正天一东方新锐长青"
)

INDUSTRIES: tuple[tuple[str, str, str], ...] = (
    ("C13", "食品", "农林水利气象"),
    ("C17", "纺织", "财贸轻纺烟草"),
    ("C18", "服饰", "财贸轻纺烟草"),
    ("C26", "化工", "能源化学地质"),
    ("C34", "机械", "机械冶金建材"),
    ("C39", "电子科技", "国防邮电"),
    ("D44", "电力", "能源化学地质"),
    ("E47", "建筑工程", "机械冶金建材"),
    ("F51", "商贸", "财贸轻纺烟草"),
    ("F52", "百货", "财贸轻纺烟草"),
    ("G54", "物流", "海员建设"),
    ("G60", "快递", "国防邮电"),
    ("H61", "酒店管理", "财贸轻纺烟草"),
    ("H62", "餐饮", "财贸轻纺烟草"),
    ("I65", "软件", "国防邮电"),
    ("K70", "物业服务", "财贸轻纺烟草"),
    ("L72", "人力资源服务", "财贸轻纺烟草"),
    ("O80", "家政服务", "财贸轻纺烟草"),
    ("P83", "学校", "教科文卫体"),
    ("Q84", "医院", "教科文卫体"),
)
"""Division of GB/T 4754-2017, the trade's word in names, and the stem of its industry union's name."""


def surname_table(size: int, chance: random.Random) -> list[str]:
    """``size`` surnames, each as often as its rank demands (Zipf), so that one uniform draw picks one."""
    weights = [1.0 / (rank + 4) for rank in range(len(SURNAMES))]
    table = chance.choices(SURNAMES, weights, k=size - size // 256)
    return table + [chance.choice(COMPOUND) for _ in range(size // 256)]


def given_table(characters: str, size: int, chance: random.Random) -> list[str]:
    """``size`` given names, one in six of a single character."""
    return [
        chance.choice(characters) + (chance.choice(characters) if chance.random() < 5 / 6 else "") for _ in range(size)
    ]


def person_name(chance: random.Random) -> str:
    """One synthetic name."""
    characters = MALE if chance.random() < 0.6 else FEMALE
    given = chance.choice(characters) + (chance.choice(characters) if chance.random() < 5 / 6 else "")
    return chance.choice(SURNAMES[:60]) + given


def brand(chance: random.Random) -> str:
    """Two characters for a company's name."""
    return chance.choice(BRANDS) + chance.choice(BRANDS)


SHORTENED = (
    "特别行政区",
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "地区",
    "林区",
    "省",
    "市",
    "县",
    "区",
    "盟",
    "旗",
)


def short(place: str) -> str:
    """A place's name without its rank, for names of companies: ``威海`` for ``威海市``; at least two characters are left."""
    for ending in SHORTENED:
        if place.endswith(ending) and len(place) - len(ending) >= 2:
            return place[: -len(ending)]
    return place
